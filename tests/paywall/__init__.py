"""`examples/react-paywall` in a real browser, against a served gateway. They need Chromium and what npm installs."""
