assert
  {
    port = 1;
    host = "a";
  } == {
    host = "b";
    port = 2;
  };
null
