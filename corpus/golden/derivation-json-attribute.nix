let
  path = json: (derivation { name = "x"; system = "y"; builder = "z"; __json = json; }).drvPath;
  other = derivation { name = "q"; system = "y"; builder = "z"; };
in
map path [
  "{}"
  [ "{" "}" ]
  # Keys come in order and once, numbers and strings as they are always written.
  "{ \"z\": 1, \"a\": 1.0, \"m\": { \"d\": [ null, true, 1E5 ], \"c\": \"\\u00e9\\u0001\\/\" }, \"z\": -0 }"
  "{\"a\":18446744073709551615,\"b\":-9223372036854775809,\"c\":1.5e-7,\"d\":\"\\u0000\"}"
  # Only the environment of the builder: nothing in it decides about the derivation.
  "{\"outputs\":[\"a\"],\"system\":\"b\",\"outputHash\":\"c\"}"
  "{\"path\":\"${other}\"}"
]
