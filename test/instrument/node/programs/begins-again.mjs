// Measures, stops and begins again, with its garbage collected in between: run with --expose-gc.
import { collectDefaultMetrics, register } from '../../../../dist/esm/index.js'

for (let i = 0; i < 20; i++) {
  collectDefaultMetrics()
  collectDefaultMetrics()
  await register.metrics()
  register.clear()
  gc()
}
collectDefaultMetrics()
console.log(await register.metrics())
