// Has a child that ends on request, one that does not, a grandchild, and reports their ends.
import { spawn } from 'node:child_process'
import { ProcessManager } from 'promhive/supervisor'

const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"
const polite = "setInterval(() => {}, 1000); console.log('up')"
const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(polite)}], { stdio: 'inherit' })
setInterval(() => {}, 1000)`
let up = 0
for (const code of [stubborn, polite, parent]) {
  spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout.on('data', (text) => {
    up += String(text).split('up').length - 1
  })
}
while (up < 3) await new Promise((resolve) => setTimeout(resolve, 20))
const manager = new ProcessManager(console, 5000)
const before = manager.descendants()
const killed = await manager.cleanupProcesses()
console.log(JSON.stringify({ before: before.length, killed, after: manager.descendants().length }))
