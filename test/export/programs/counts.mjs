// A worker that counts once, and lives as long as its parent.
import { Counter } from 'promhive'

new Counter({ name: 'worker_total', help: 'X.' }).inc()
process.on('disconnect', () => process.exit())
