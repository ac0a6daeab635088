// The same small shop, with the middleware of each framework, in one process; with `--import promhive/register` as well.
import 'reflect-metadata'
import { createServer } from 'node:http'
import { answer } from '../../../processes/programs/stagehand.mjs'

const shops = {
  async express() {
    const { default: express } = await import('express')
    const { errorMetrics, httpMetrics } = await import('promhive/express')
    return createServer(expressShop(express(), httpMetrics(), errorMetrics()))
  },
  async express4() {
    const { default: express } = await import('express4')
    const { errorMetrics, httpMetrics } = await import('promhive/express')
    return createServer(expressShop(express(), httpMetrics(), errorMetrics()))
  },
  async fastify() {
    const { default: fastify } = await import('fastify')
    const { httpMetrics } = await import('promhive/fastify')
    const application = fastify()
    await application.register(httpMetrics, {})
    application.get('/users/:id', async ({ params }) => params)
    application.get('/fails', async () => {
      throw new RangeError('out of stock')
    })
    await application.ready()
    return application.server
  },
  async koa() {
    const { default: Koa } = await import('koa')
    const { default: Router } = await import('@koa/router')
    const { httpMetrics } = await import('promhive/koa')
    const application = new Koa()
    application.silent = true
    const router = new Router({ prefix: '/users' })
    router.get('/:id', (context) => {
      context.body = context.params
    })
    const fails = new Router()
    fails.get('/fails', () => {
      throw new RangeError('out of stock')
    })
    application.use(httpMetrics()).use(router.routes()).use(fails.routes())
    return createServer(application.callback())
  },
  async hono() {
    const application = await honoShop()
    const { getRequestListener } = await import('@hono/node-server')
    return createServer(getRequestListener(application.fetch))
  },
  async nestjs() {
    const { HttpMetricsInterceptor, httpMetrics } = await import('promhive/nestjs')
    const { Controller, Get, Module, Param } = await import('@nestjs/common')
    const { NestFactory } = await import('@nestjs/core')
    class Users {
      one(id) {
        return { id }
      }
      fails() {
        throw new RangeError('out of stock')
      }
    }
    // Decorators as functions: the program is plain JavaScript.
    Get('users/:id')(Users.prototype, 'one', Object.getOwnPropertyDescriptor(Users.prototype, 'one'))
    Param('id')(Users.prototype, 'one', 0)
    Get('fails')(Users.prototype, 'fails', Object.getOwnPropertyDescriptor(Users.prototype, 'fails'))
    Controller()(Users)
    class Application {}
    Module({ controllers: [Users] })(Application)
    const application = await NestFactory.create(Application, { logger: false })
    application.use(httpMetrics())
    application.useGlobalInterceptors(new HttpMetricsInterceptor())
    await application.init()
    return application.getHttpServer()
  },
}

function expressShop(application, metrics, errors) {
  application.use(metrics)
  application.get('/users/:id', ({ params }, response) => response.json(params))
  application.get('/fails', () => {
    throw new RangeError('out of stock')
  })
  application.use(errors)
  application.use((_error, _request, response, _next) => response.status(500).send('failed'))
  return application
}

async function honoShop() {
  const { Hono } = await import('hono')
  const { httpMetrics } = await import('promhive/hono')
  const users = new Hono().get('/:id', (context) => context.json({ id: context.req.param('id') }))
  const application = new Hono()
  application.onError((_error, context) => context.text('failed', 500))
  application.use(httpMetrics())
  application.route('/users', users)
  application.use('/guarded/*', async (context, _next) => context.text('not for you', 401))
  application.get('/guarded/:secret', (context) => context.text('never'))
  application.mount('/mounted', (request) => new Response('', { status: request.url.endsWith('/nobody') ? 404 : 200 }))
  application.get('/fails', () => {
    throw new RangeError('out of stock')
  })
  return application
}

answer({
  async open(name) {
    const server = await shops[name]()
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${server.address().port}`
  },
  /** Does what `next start` does: instrumentation.js first, then a server of Node's; the build is in `directory`. */
  async openNext(directory) {
    const { httpMetrics } = await import('promhive/next')
    httpMetrics({ directory })
    const server = createServer((request, response) => {
      response.statusCode = request.url.startsWith('/users/') || request.url === '/' ? 200 : 404
      response.end()
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${server.address().port}`
  },
  /** A server beside it, of which no middleware knows. */
  async openOther() {
    const server = createServer((_request, response) => response.end())
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${server.address().port}`
  },
  /** Hono without a server of Node's, as elsewhere. */
  async honoAlone(paths) {
    const application = await honoShop()
    for (const path of paths) await application.request(path)
  },
})
