-- expect: there is no attribute 'dimension'
rule "attribute" { on = "divide", priority = 1000, propose = function(root) root:attr("dimension") end }
