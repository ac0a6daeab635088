// The same small shop, in each framework: it knows nothing of promhive.
import { createServer } from 'node:http'

/** Returns a listening server of Node's. */
export const applications = {
  async plain() {
    return createServer((request, response) => {
      if (request.url === '/slow') return
      if (request.url === '/half') return response.writeHead(200).write('half')
      if (request.url === '/chunked') {
        response.write('x'.repeat(500))
        return setTimeout(() => response.end('x'.repeat(500)), 5)
      }
      if (request.url === '/fails') response.statusCode = 503
      request.resume().on('end', () => response.end('hello'))
    })
  },
  express: async () => express((await import('express')).default),
  express4: async () => express((await import('express4')).default),
  async fastify() {
    const { default: fastify } = await import('fastify')
    const application = fastify()
    application.get('/users/:id', async ({ params }) => ({ id: params.id }))
    application.post('/orders', async (_request, reply) => reply.code(201).send({ placed: true }))
    application.get('/fails', async () => {
      throw new RangeError('out of stock')
    })
    application.register(async (tenant) => tenant.get('/items/:item', async ({ params }) => params), {
      prefix: '/tenants/:tenant',
    })
    await application.ready()
    return application.server
  },
}

function express(make) {
  const application = make()
  application.disable('x-powered-by')
  application.get('/users/:id', ({ params }, response) => response.json({ id: params.id }))
  application.post('/orders', make.json(), (_request, response) => response.status(201).json({ placed: true }))
  application.get('/fails', () => {
    throw new RangeError('out of stock')
  })
  const tenant = make.Router()
  const shop = make.Router()
  shop.get('/items/:item', ({ params }, response) => response.json(params))
  shop.get('/', (_request, response) => response.send('shop'))
  tenant.use('/shops/:shop', shop)
  tenant.get('/items/:item', ({ params }, response) => response.json(params))
  application.use('/api', (_request, _response, next) => next())
  application.use('/tenants/:tenant', tenant)
  mountInEveryWay(application, make, shop)
  application.get(/^\/files\/(.+)$/, (_request, response) => response.send('file'))
  // The end of the line, as Express has it, without its word on stderr.
  application.use((_error, _request, response, _next) => response.status(500).send('failed'))
  return createServer(application)
}

/** Routes that Express does not report: applications in the application, functions, expressions, several that match. */
function mountInEveryWay(application, make, shop) {
  const mounted = make()
  mounted.get('/orders/:order', (_request, response) => response.send('order'))
  application.use('/mounted/:tenant', mounted)
  application.use('/called/:tenant', (...parts) => shop(...parts))
  application.use(/^\/expression\/\w+/, shop)
  application.use('/hooks/:hook', (_request, response) => response.send('hook'))
  const guarded = make.Router()
  guarded.use((_request, response) => response.sendStatus(401))
  guarded.get('/:any', (_request, response) => response.send('never'))
  application.use('/guarded/:tenant', guarded)
  const languages = make.Router()
  languages.get('/hello', (_request, response) => response.send('hello'))
  application.use('/:language', languages)
  const items = make.Router()
  items.get('/items/:item', (_request, response) => response.send('item'))
  application.use('/Items/:shelf', items)
  const failing = make.Router()
  failing.get('/now', () => {
    throw new RangeError('out of stock')
  })
  failing.get('/later', (_request, _response, next) => setImmediate(next, new RangeError('out of stock')))
  failing.get('/passed', (_request, _response, next) => next())
  const outer = make.Router()
  outer.use('/inner/:part', failing)
  application.use('/failing/:tenant', outer)
  application.use('/failing-as-well', failing)
}
