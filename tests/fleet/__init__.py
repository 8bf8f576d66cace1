"""Tests of what is kept in memory of panels, servers and games."""
