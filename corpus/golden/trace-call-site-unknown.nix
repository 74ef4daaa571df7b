# A builtin calls from nowhere: the line is there all the same.
builtins.filter ({ x }: true) [ { } ]
