// An Express application with routes below mount paths with parameters; every answer is a failure.
import { createServer } from 'node:http'
import express from 'express'

const application = express()
application.get('/', (_request, response) => response.send(String(process.pid)))
const items = express.Router()
items.get('/items/:item', (_request, response) => response.sendStatus(503))
application.use('/tenants/:tenant', items)
const mounted = express()
mounted.get('/orders/:order', (_request, response) => response.sendStatus(503))
application.use('/shops/:shop', mounted)
items.get('/fails', () => {
  throw new RangeError('out of stock')
})
application.use((_error, _request, response, _next) => response.sendStatus(503))
application.use((_request, response) => response.sendStatus(503))
createServer(application).listen(Number(process.env.PORT), '127.0.0.1')
