// One application per framework, whose handlers are interrupted: by a client that leaves, or by an error after the headers.
// Each has the routes `/<name>/tenants/:tenant/items/:item` (a router in a router), which behaves as the item names.
import 'reflect-metadata'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { PassThrough, pipeline, Readable } from 'node:stream'
import { answer } from '../../../processes/programs/stagehand.mjs'

/** Reports when a handler has reached the point for which the test waits. */
const seen = new EventEmitter()
const opened = []
const isPreloaded = process.env.NODE_OPTIONS?.includes('promhive/register') === true

/** A source that yields one piece and fails. The test waits for that. */
function failingSource() {
  let given = false
  const source = new Readable({
    read() {
      if (!given) this.push('half')
      else setImmediate(() => this.destroy(new RangeError('out of stock')))
      given = true
    },
  })
  return source.once('close', () => setImmediate(() => seen.emit('reached')))
}

/** What a handler on Node's own response does; `item` is the last word of the path. */
const onResponse = {
  /** Answers nothing. */
  hold() {
    setImmediate(() => seen.emit('reached'))
    return new Promise(() => {})
  },
  /** Answers half. */
  half(response) {
    response.writeHead(200)
    response.write('half', () => seen.emit('reached'))
    return new Promise(() => {})
  },
  throws(response) {
    response.writeHead(200)
    response.write('half')
    setImmediate(() => seen.emit('reached'))
    throw new RangeError('out of stock')
  },
  async rejects(response) {
    response.writeHead(200)
    response.write('half')
    await new Promise((resolve) => setImmediate(resolve))
    setImmediate(() => seen.emit('reached'))
    throw new RangeError('out of stock')
  },
  /** Its source fails when half of it has been sent. */
  stream(response) {
    response.writeHead(200)
    return new Promise((resolve) => {
      pipeline(failingSource(), response, () => resolve())
    })
  },
  /** Streams until the client disconnects, which is not an error. */
  endless(response) {
    response.writeHead(200)
    const source = new PassThrough()
    const timer = setInterval(() => source.write('more'), 5)
    source.write('half')
    setImmediate(() => seen.emit('reached'))
    return new Promise((resolve, reject) => {
      pipeline(source, response, (error) => {
        clearInterval(timer)
        if (error) reject(error)
        else resolve()
      })
    })
  },
  /** An error that is the client's. */
  missing() {
    throw Object.assign(new RangeError('no such item'), { status: 404, statusCode: 404 })
  },
}

/** Answers, and runs until the test releases it; then it fails. */
async function goesOn(response) {
  response.writeHead(200, { 'content-length': 4 }).end('done')
  await once(seen, 'goOn')
  setImmediate(() => seen.emit('wentOn'))
  throw new RangeError('too late')
}

async function expressServer(name, make) {
  const application = make()
  const { errorMetrics, httpMetrics } = await import('promhive/express')
  if (!isPreloaded) application.use(httpMetrics())
  const [tenants, items] = [make.Router(), make.Router()]
  items.get('/items/:item', (request, response, next) =>
    Promise.resolve(onResponse[request.params.item](response)).catch(next),
  )
  tenants.use('/tenants/:tenant', items)
  application.use(`/${name}`, tenants)
  if (!isPreloaded || name === 'express4') application.use(errorMetrics())
  application.set('env', 'test')
  return createServer(application)
}

async function fastifyServer(name, options) {
  const { default: fastify } = await import('fastify')
  const { httpMetrics } = await import('promhive/fastify')
  const application = fastify(options)
  if (!isPreloaded) await application.register(httpMetrics, {})
  await application.register(
    async (tenants) => {
      tenants.get('/items/:item', async (request, reply) => {
        const { item } = request.params
        // As its users stream: Fastify ends the response by itself.
        if (item === 'stream') return reply.send(failingSource())
        await onResponse[item](reply.raw)
      })
    },
    { prefix: `/${name}/tenants/:tenant` },
  )
  await application.ready()
  return application.server
}

async function koaCallback(name) {
  const { default: Koa } = await import('koa')
  const { default: Router } = await import('@koa/router')
  const { httpMetrics } = await import('promhive/koa')
  const application = new Koa()
  application.silent = true
  const [tenants, items] = [new Router({ prefix: `/${name}` }), new Router()]
  items.get('/items/:item', async (context) => {
    const { item } = context.params
    if (item === 'stream') {
      context.body = failingSource()
      return
    }
    context.respond = false
    await onResponse[item](context.res)
  })
  tenants.get('/goes-on/:one', async (context) => {
    context.respond = false
    await goesOn(context.res)
  })
  tenants.use('/tenants/:tenant', items.routes())
  application.use(httpMetrics()).use(tenants.routes())
  return application.callback()
}

async function honoListener(name) {
  const { Hono } = await import('hono')
  const { httpMetrics } = await import('promhive/hono')
  const { getRequestListener, RESPONSE_ALREADY_SENT } = await import('@hono/node-server')
  const items = new Hono().get('/items/:item', async (context) => {
    const item = context.req.param('item')
    if (item === 'stream') return context.body(Readable.toWeb(failingSource()))
    await onResponse[item](context.env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  const application = new Hono().basePath(`/${name}`)
  application.onError((error, context) => context.text('failed', error.status ?? 500))
  application.use(httpMetrics())
  application.get('/goes-on/:one', async (context) => {
    await goesOn(context.env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  application.route('/tenants/:tenant', items)
  return getRequestListener(application.fetch)
}

async function nestServer(name) {
  const { HttpMetricsInterceptor, httpMetrics } = await import('promhive/nestjs')
  const { Controller, Get, HttpException, Module, Param, Res } = await import('@nestjs/common')
  const { NestFactory } = await import('@nestjs/core')
  class Items {
    async one(item, response) {
      if (item === 'missing') throw new HttpException('no such item', 404)
      return onResponse[item](response)
    }
  }
  // Decorators as functions: the program is plain JavaScript.
  Get('items/:item')(Items.prototype, 'one', Object.getOwnPropertyDescriptor(Items.prototype, 'one'))
  Param('item')(Items.prototype, 'one', 0)
  Res()(Items.prototype, 'one', 1)
  Controller('tenants/:tenant')(Items)
  class Application {}
  Module({ controllers: [Items] })(Application)
  const application = await NestFactory.create(Application, { logger: false })
  application.setGlobalPrefix(name)
  if (!isPreloaded) application.use(httpMetrics())
  application.useGlobalInterceptors(new HttpMetricsInterceptor())
  await application.init()
  return application.getHttpServer()
}

/** Without a framework: the application sets the error, and the route: by `setRoute`, or by the option, as for Next. */
async function plainListener() {
  const { instrumentHttp, setError, setRoute } = await import('promhive/http')
  const template = (name) => `/${name}/tenants/:tenant/items/:item`
  instrumentHttp({ route: ({ url }) => (url.startsWith('/routed/') ? template('routed') : undefined) })
  return async (request, response) => {
    const [, name, , , , item] = request.url.split('/')
    if (name !== 'routed') setRoute(request, template(name))
    try {
      await onResponse[item](response)
    } catch (error) {
      setError(request, error)
      if (response.headersSent) response.destroy()
      else response.writeHead(error.status ?? 500).end()
    }
  }
}

const servers = {
  express: async (name) => expressServer(name, (await import('express')).default),
  express4: async (name) => expressServer(name, (await import('express4')).default),
  fastify: (name) => fastifyServer(name, {}),
  fastifyHttp2: (name) => fastifyServer(name, { http2: true }),
  koa: async (name) => createServer(await koaCallback(name)),
  koaHttp2: async (name) => http2.createServer(await koaCallback(name)),
  hono: async (name) => createServer(await honoListener(name)),
  honoHttp2: async (name) => http2.createServer(await honoListener(name)),
  nestjs: (name) => nestServer(name),
  routed: async () => createServer(await plainListener()),
  plain: async () => createServer(await plainListener()),
  plainHttp2: async () => http2.createServer(await plainListener()),
}

const ports = new Map()

async function portOf(name) {
  if (!ports.has(name)) {
    const server = await servers[name](name)
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    opened.push(server)
    ports.set(name, server.address().port)
  }
  return ports.get(name)
}

/** Not `once`: that rejects when an error comes first. */
const closed = (stream) => new Promise((resolve) => stream.on('close', resolve))

/** Sends one request, and leaves as soon as `leave` has happened; resolves when the connection or the stream is closed. */
async function sendHttp1(port, path, leave, ends) {
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
  )
  socket.on('error', () => {}).resume()
  void leave.then(() => (ends === 'reset' ? socket.resetAndDestroy() : socket.destroy()))
  await closed(socket)
}

async function sendHttp2(port, path, leave, ends) {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  const session = http2.connect(`http://127.0.0.1:${port}`, { createConnection: () => socket })
  session.on('error', () => {})
  const stream = session.request({ ':path': path })
  stream.on('error', () => {}).resume()
  const ways = {
    stream: () => stream.close(http2.constants.NGHTTP2_CANCEL),
    session: () => session.destroy(),
    reset: () => socket.resetAndDestroy(),
  }
  void leave.then(ways[ends])
  await closed(stream)
  session.destroy()
}

answer({
  /** A client that leaves while the handler works: it closes its `stream` or its `session`, or its connection breaks. */
  async leave(name, item, ends) {
    const path = `/${name}/tenants/t1/items/${item}`
    const send = name.endsWith('Http2') ? sendHttp2 : sendHttp1
    const port = await portOf(name)
    await send(port, path, once(seen, 'reached'), ends)
  },
  /** Two requests on one connection: the handler of the first continues until that of the second runs. */
  async overlap(name) {
    const socket = connect(await portOf(name), '127.0.0.1').on('error', () => {})
    const get = (path) => socket.write(`GET /${name}/${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    get('goes-on/1')
    await once(socket, 'data')
    const reached = once(seen, 'reached')
    get('tenants/t1/items/hold')
    await reached
    const wentOn = once(seen, 'wentOn')
    seen.emit('goOn')
    await wentOn
    socket.destroy()
    await closed(socket)
  },
  /** A client that stays connected until the server ends the connection, and for a while after an error. */
  async stay(name, item) {
    const path = `/${name}/tenants/t1/items/${item}`
    const send = name.endsWith('Http2') ? sendHttp2 : sendHttp1
    const port = await portOf(name)
    const reached = item === 'missing' ? new Promise(() => {}) : once(seen, 'reached')
    await send(
      port,
      path,
      reached.then(() => new Promise((resolve) => setTimeout(resolve, 60))),
      'stream',
    )
  },
})
