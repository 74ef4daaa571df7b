a: [ "x${a}y${a}" (./p + "/${a}") ./q/${a} ''
  indented ${a}
'' ]
