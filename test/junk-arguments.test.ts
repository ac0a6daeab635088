import { expect, test } from 'vitest'
import * as backend from '../src/backend.js'
import * as express from '../src/express.js'
import * as fastify from '../src/fastify.js'
import * as hono from '../src/hono.js'
import * as http from '../src/http.js'
import * as main from '../src/index.js'
import * as koa from '../src/koa.js'
import * as nestjs from '../src/nestjs.js'
import * as next from '../src/next.js'
import * as pushgateway from '../src/pushgateway.js'
import * as python from '../src/python.js'
import * as redis from '../src/redis.js'
import * as redisForwarder from '../src/redis-forwarder.js'
import * as supervisor from '../src/supervisor.js'
import * as targets from '../src/targets.js'
import * as testing from '../src/testing.js'
import * as uwsgi from '../src/uwsgi.js'

const doors: Readonly<Record<string, object>> = {
  main,
  backend,
  express,
  fastify,
  hono,
  http,
  koa,
  nestjs,
  next,
  pushgateway,
  python,
  redis,
  redisForwarder,
  supervisor,
  targets,
  testing,
  uwsgi,
}

/** Exports that are not called with what a user writes. */
const exempt: Readonly<Record<string, string>> = {
  'fastify httpMetrics': 'a plugin: Fastify calls it, with its own instance',
  'supervisor HookContext': 'made by the supervisor for its hooks',
  'supervisor defaultOnExit': 'a hook: the supervisor calls it',
  'supervisor defaultOnStarting': 'a hook: the supervisor calls it',
  'supervisor defaultPostFork': 'a hook: the supervisor calls it',
  'supervisor defaultWhenReady': 'a hook: the supervisor calls it',
  'supervisor defaultWorkerInt': 'a hook: the supervisor calls it',
  'supervisor redisWhenReady': 'a hook: the supervisor calls it',
  'testing backendConformance': 'needs the test framework as its last argument',
  'testing valueBackendConformance': 'needs the test framework as its last argument',
}

const junk = [null, undefined, Symbol('junk'), 42, 'junk']

/** Without their options, these do what they are for. */
const startsSomething = /^(?:observe|instrumentHttp|startMetricsServer|startRedisForwarder|supervise)$/

const calls = Object.entries(doors).flatMap(([door, exports]) =>
  Object.entries(exports as Record<string, unknown>)
    .filter(([name, value]) => typeof value === 'function' && exempt[`${door} ${name}`] === undefined)
    .map(([name, value]) => [`${door} ${name}`, name, value as (...args: unknown[]) => unknown] as const),
)

test.each(calls)('%s refuses junk with a MetricsError, or ignores it', async (_, name, call) => {
  for (const given of junk) {
    if (typeof given !== 'object' && startsSomething.test(name)) continue
    // The second parameter of a registry is internal.
    for (const args of name.endsWith('Registry') ? [[given]] : [[given], [given, given]]) {
      const fault = await faultOf(call, args)
      if (fault !== undefined && !(fault instanceof main.MetricsError)) {
        expect.unreachable(`${args.map(String).join(', ')}: ${fault}`)
      }
    }
  }
})

test('every exemption is an export', () => {
  const names = Object.entries(doors).flatMap(([door, exports]) =>
    Object.keys(exports).map((name) => `${door} ${name}`),
  )
  expect(Object.keys(exempt).filter((name) => !names.includes(name))).toEqual([])
})

async function faultOf(call: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  try {
    const isClass = /^class\b/.test(Function.prototype.toString.call(call))
    const made = isClass ? Reflect.construct(call, args) : call(...args)
    if (made instanceof Promise) await made
    return undefined
  } catch (fault) {
    return fault
  }
}
