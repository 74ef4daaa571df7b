[ (null + throw "not yet") ]
