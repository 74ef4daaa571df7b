abort "the text"
