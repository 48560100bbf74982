"""The commands of `admittance`, a file for each group."""
