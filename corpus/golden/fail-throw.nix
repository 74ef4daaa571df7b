throw "the text"
