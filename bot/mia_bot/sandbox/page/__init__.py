"""The sandbox's web page: act as one of its people, see MIA answer, and look into what she keeps of them."""
