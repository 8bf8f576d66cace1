"""The calls of the client API, one module for each area of the contract."""
