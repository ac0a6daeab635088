// Jest and mocha have globals.
const test = globalThis.test ?? globalThis.it ?? require('node:test').test
const kit = require('promhive/testing/metrics')
const { register, startMetricsServer } = require('promhive')
const checks = require('./checks.cjs')({ register, startMetricsServer, kit, app: require('./app.cjs') })

for (const [name, check] of Object.entries(checks)) test(name, check)
