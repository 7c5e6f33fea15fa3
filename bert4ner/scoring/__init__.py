"""How good predictions are: strict entity scores with their spread, and the kinds of error behind them."""
