// npm's statsd calls util.log(), which Node.js has not had since version 23.
require('node:util').log ??= console.log
