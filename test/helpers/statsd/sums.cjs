// A backend of the server of statsd: adds up what the server flushes, and prints the sums. The server is older than
// Node.js 23, which has no util.log().
const util = require('node:util')

util.log ??= () => {}

const counters = {}

exports.init = (_started, _configuration, events) => {
  events.on('flush', (_time, metrics) => {
    for (const [name, value] of Object.entries(metrics.counters)) counters[name] = (counters[name] ?? 0) + value
    process.stdout.write(`${JSON.stringify({ counters, gauges: metrics.gauges })}\n`)
  })
  return true
}
