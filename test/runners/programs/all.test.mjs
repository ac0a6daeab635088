import { register, startMetricsServer } from 'promhive'
import * as kit from 'promhive/testing/metrics'
import * as app from './app.mjs'
import makeChecks from './checks.cjs'

const test = globalThis.test ?? globalThis.it ?? (await import('node:test')).test
const checks = makeChecks({ register, startMetricsServer, kit, app })

for (const [name, check] of Object.entries(checks)) test(name, check)
