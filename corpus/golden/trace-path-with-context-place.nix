/srv # + here
+ (builtins.toFile "a+b" "")
