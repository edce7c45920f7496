// Code is highlighted when the book is built: mdBook's script finds nothing left to do.
window.hljs = { configure() {}, highlightBlock() {} };
