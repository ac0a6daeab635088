// Makes garbage and collects it, with --trace-gc: V8 itself writes a line for each collection.
import { collectDefaultMetrics, register } from '../../../../dist/esm/index.js'

collectDefaultMetrics()
process.stdout.write('begin\n')
let kept = []
for (let round = 0; round < 40; round++) {
  for (let i = 0; i < 20_000; i++) kept.push({ i, text: `x${i}` })
  if (round % 10 === 0) kept = []
  if (round % 15 === 0) globalThis.gc()
  // Node reports the collections of a round together.
  if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
}
await new Promise((resolve) => setTimeout(resolve, 100))
process.stdout.write('end\n')
process.stdout.write(await register.metrics())
