"""The models that twins are compared on, by kind."""
