/* Runs another program and waits for it. What it prints on stdout goes to our stderr: stdout stays the tool's. */
#include "options.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool spawn_program(fw_diag *diag, const char *const *argv, int *status)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int error = posix_spawn_file_actions_init(&actions), result;
    if (!error) {
        error = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        if (!error) /* posix_spawn leaves the strings as they are; its type is older than const */
            error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    if (error) {
        char reason[256] = "";
        strerror_r(error, reason, sizeof reason);
        fw_error(diag, FW_FILE, GEN_NOWHERE, "cannot run '%s': %s", argv[0], reason);
        return false;
    }
    while (waitpid(pid, &result, 0) < 0) {
        if (errno == EINTR)
            continue;
        fw_error(diag, FW_FILE, GEN_NOWHERE, "lost '%s' while it ran", argv[0]);
        return false;
    }
    *status = WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
    return true;
}
