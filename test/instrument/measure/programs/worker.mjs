// A worker whose jobs end when the test releases them.
import { measure } from 'promhive'
import { answer } from '../../../processes/programs/stagehand.mjs'

const ends = []
const run = measure(
  (ending) =>
    new Promise((resolve, reject) =>
      ends.push(() => (ending === 'well' ? resolve() : reject(new RangeError('out of stock')))),
    ),
  { name: 'job', labels: { queue: 'mail' } },
)

answer({
  begin(ending) {
    run(ending).catch(() => {})
  },
  endAll() {
    for (const end of ends.splice(0)) end()
  },
})
