// Each middleware is of the form that its framework's own types ask for.
import type { INestApplication } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'
import { httpMetrics as fastifyMetrics } from 'promhive/fastify'
import { httpMetrics as honoMetrics } from 'promhive/hono'
import { HttpMetricsInterceptor, httpMetrics as nestMetrics } from 'promhive/nestjs'

declare const fastify: FastifyInstance
declare const hono: Hono
declare const nest: INestApplication

fastify.register(fastifyMetrics)
fastify.register(fastifyMetrics, { names: 'opentelemetry', ignore: ({ url }) => url === '/healthz' })
// @ts-expect-error no such convention
fastify.register(fastifyMetrics, { names: 'mine' })
hono.use(honoMetrics({ maxRoutes: 100 }))
nest.use(nestMetrics())
nest.useGlobalInterceptors(new HttpMetricsInterceptor())
