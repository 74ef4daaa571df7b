# What is called is looked at before the length.
builtins.genList [ ] 9223372036854775807
