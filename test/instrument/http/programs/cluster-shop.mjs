// A cluster whose workers share a port. The workers know nothing of promhive: it comes by --import alone.
import cluster from 'node:cluster'

if (cluster.isPrimary) {
  const { answer } = await import('../../../processes/programs/stagehand.mjs')
  const workers = new Map()
  answer({
    variable: (name) => process.env[name],
    async startWorker(framework, port) {
      const worker = cluster.fork({ SHOP: framework, SHOP_PORT: String(port) })
      const { port: bound } = await new Promise((resolve) => worker.once('listening', resolve))
      workers.set(worker.process.pid, worker)
      return { pid: worker.process.pid, port: bound }
    },
    killWorker(pid) {
      const worker = workers.get(pid)
      return new Promise((resolve) => {
        worker.once('exit', () => resolve())
        worker.process.kill('SIGKILL')
      })
    },
  })
} else {
  const { applications } = await import('./applications.mjs')
  const server = await applications[process.env.SHOP]()
  server.listen(Number(process.env.SHOP_PORT), '127.0.0.1')
}
