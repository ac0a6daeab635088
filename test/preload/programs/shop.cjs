// An application as it was before promhive: Express and express-prom-bundle in three workers, which it replaces when they end.
const cluster = require('node:cluster')

if (cluster.isPrimary) {
  for (let i = 0; i < 3; i++) cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  const app = require('express')()
  app.use((_, response, next) => {
    response.set('worker', String(process.pid))
    next()
  })
  app.use(require('express-prom-bundle')({ includeMethod: true, includePath: true }))
  app.get('/buy', (_, response) => response.send('bought'))
  app.listen(process.env.PORT, '127.0.0.1')
}
