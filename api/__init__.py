"""The entrances: command line now, HTTP and web page later. They decide nothing."""
