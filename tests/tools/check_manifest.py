"""check_manifest.py SCHEMA FOLDER...: NAME.json in each folder fits the schema, lists the folder's files with their sizes and hashes,
and its buffers do not overlap while they are live. Standard library only: the part of JSON Schema that the schema uses is here."""
import hashlib
import json
import pathlib
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}


def errors(schema, value, path, root):
    """Yields a line for everything in value that the schema does not allow."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and (isinstance(value, bool) or not any(isinstance(value, TYPES[n]) for n in names)):
        yield f"{path}: {value!r} is no {' or '.join(names)}"
        return
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match {schema['pattern']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{path}: {value} is below {schema['minimum']}"
    if len(value) < schema.get("minItems", 0) if isinstance(value, list) else False:
        yield f"{path}: too short"
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}: no {name}"
        for name, member in value.items():
            if name in schema.get("properties", {}):
                yield from errors(schema["properties"][name], member, f"{path}.{name}", root)
            elif not schema.get("additionalProperties", True):
                yield f"{path}: {name} is not in the schema"
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from errors(schema["items"], item, f"{path}[{i}]", root)


def file_errors(folder, manifest):
    listed = {f["name"] for f in manifest["files"]}
    there = {p.name for p in folder.iterdir()} - {manifest["name"] + ".json"}
    for name in listed ^ there:
        yield f"{name} is {'not there' if name in listed else 'not listed'}"
    for f in manifest["files"]:
        data = (folder / f["name"]).read_bytes() if f["name"] in there else b""
        if (len(data), hashlib.sha256(data).hexdigest()) != (f["bytes"], f["sha256"]):
            yield f"{f['name']} has another size or hash"
    for kernel in manifest["kernels"]:
        if kernel["file"] not in listed:
            yield f"the file of kernel {kernel['name']} is not listed"


def memory_errors(manifest):
    shared = manifest["workspace_bytes"] - manifest["workspace_bytes_per_thread"]
    for k in manifest["kernels"]:
        if k["scratch_bytes"] > manifest["workspace_bytes_per_thread"]:
            yield f"kernel {k['name']} needs more scratch than a thread has"
    work = [b for b in manifest["buffers"] if b["kind"] == "workspace"]
    for i, a in enumerate(work):
        if a["offset"] % 64 or a["offset"] + a["bytes"] > shared:
            yield f"buffer {a['name']} is not aligned or not inside the workspace"
        for b in work[:i]:
            live = a["first"] <= b["last"] and b["first"] <= a["last"]
            if live and a["offset"] < b["offset"] + b["bytes"] and b["offset"] < a["offset"] + a["bytes"]:
                yield f"buffers {a['name']} and {b['name']} overlap while both are live"


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
    bad = 0
    for name in sys.argv[2:]:
        folder = pathlib.Path(name)
        manifest = json.loads((folder / (folder.name + ".json")).read_text())
        found = list(errors(schema, manifest, folder.name, schema))
        found = found or list(file_errors(folder, manifest)) + list(memory_errors(manifest))
        for line in found:
            print(f"FAILED: {folder.name}: {line}")
        bad += len(found)
    sys.exit(bad > 0)


main()
