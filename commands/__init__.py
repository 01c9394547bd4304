"""The commands of `scholargraph`, by what people do with them; `scholargraph.cli` lists them."""
