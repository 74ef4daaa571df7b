with [ ]; a
