// The exported kit under Node's own test runner, from CommonJS: one backend keeps the contract, the other does not.
const { describe, test } = require('node:test')
const { MemoryBackend } = require('promhive/backend')
const { backendConformance } = require('promhive/testing')

const supports = { manyWriters: false, outlivesWriters: false, exemplars: true }

/** Mixes up two label values. */
class Careless extends MemoryBackend {
  openStore() {
    const store = super.openStore()
    const careless = Object.create(store)
    careless.open = (family, key) => store.open(family, key.replace('x,y', 'x'))
    return careless
  }
}

const framework = { describe, test }
backendConformance('ours', { create: () => () => new MemoryBackend(), supports }, framework)
backendConformance('careless', { create: () => () => new Careless(), supports }, framework)
