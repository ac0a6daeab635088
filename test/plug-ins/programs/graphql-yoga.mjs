import { createServer } from 'node:http'
import { usePrometheus } from '@graphql-yoga/plugin-prometheus'
import { createSchema, createYoga } from 'graphql-yoga'
import { inWorkers } from './in-workers.cjs'

inWorkers((port) => {
  const schema = createSchema({
    typeDefs: 'type Query { buy: String }',
    resolvers: { Query: { buy: () => 'bought' } },
  })
  const yoga = createYoga({ schema, plugins: [usePrometheus({ endpoint: '/metrics' })], logging: false })
  createServer(yoga).listen(port, '127.0.0.1')
})
