import { Counter, Histogram } from 'promhive'

const tasks = new Counter({ name: 'tasks_total', help: 'Pieces of work.' })
const sizes = new Histogram({ name: 'task_size', help: 'How large.', buckets: [10, 100] })

export default (size) => {
  tasks.inc()
  sizes.observe(size)
}
