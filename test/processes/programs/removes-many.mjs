// Counts in many series and removes them; see stagehand.mjs for how it is asked.
import { Counter } from 'promhive'
import { answer } from './stagehand.mjs'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['path', 'shard'] })

answer({
  fill(count, shard) {
    for (let i = 0; i < count; i++) jobs.inc({ path: i, shard })
  },
  inc: (path, shard, amount) => jobs.inc({ path, shard }, amount),
  remove: (labels) => jobs.removeByLabels(labels),
})
