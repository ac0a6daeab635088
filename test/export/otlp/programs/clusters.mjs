// A cluster that sends over OTLP: the primary starts workers, and each of them counts as often as its environment says.
import cluster from 'node:cluster'

if (cluster.isPrimary) {
  const { answer } = await import('../../../processes/programs/stagehand.mjs')
  const workers = []
  const { startOtlp } = await import('promhive/otlp')
  const exporter = startOtlp({ interval: 0.1 })
  answer({
    async fork(count) {
      const worker = cluster.fork({ COUNT: String(count) })
      workers.push(worker)
      await new Promise((resolve) => worker.once('message', resolve))
      return worker.process.pid
    },
    kill: (number) =>
      new Promise((resolve) => {
        workers[number].once('exit', resolve)
        workers[number].process.kill('SIGKILL')
      }),
    stop: () => exporter.stop(),
  })
} else {
  const { Counter, Histogram } = await import('promhive')
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
  const seconds = new Histogram({ name: 'job_seconds', help: 'Time.', buckets: [1] })
  for (let i = 0; i < Number(process.env.COUNT); i++) {
    jobs.inc()
    seconds.observe(i % 2 === 0 ? 0.5 : 2)
  }
  process.send('counted')
  setInterval(() => {}, 1000)
}
