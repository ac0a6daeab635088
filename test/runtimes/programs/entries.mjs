// Loads every entry of the package in both ways, but for those that begin to measure.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { exports } = require('promhive/package.json')
const entries = Object.keys(exports).filter((entry) => !/[*]|register$|package.json/.test(entry))
for (const entry of entries) {
  const name = `promhive${entry.slice(1)}`
  const [required, imported] = [require(name), await import(name)]
  const missing = Object.keys(required).filter((key) => !(key in imported))
  if (missing.length > 0) throw new Error(`${name}: import lacks ${missing}`)
}
console.log(`${entries.length} entries`)
