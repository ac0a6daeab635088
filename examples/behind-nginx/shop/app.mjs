// The application: an Express server like any other. It knows neither its number of processes nor its supervisor.
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { Counter } from 'promhive'

// promhive/register (see promhive.yaml) counts the requests by route. The application counts only what is its own.
const orders = new Counter({ name: 'shop_orders_total', help: 'Orders taken.', labelNames: ['payment'] })

const app = express()

app.get('/', (_request, response) => {
  response.send('Welcome. See /items/1 and /reports, or POST to /orders.\n')
})

app.get('/items/:id', (request, response) => {
  response.send(`Item ${request.params.id}\n`)
})

app.post('/orders', (_request, response) => {
  orders.inc({ payment: 'card' })
  response.status(201).send('Ordered.\n')
})

// Slow: it waits for something else, as a query of a database does.
app.get('/reports', async (_request, response) => {
  await sleep(2000)
  response.send('Report.\n')
})

// Failing: Express answers with status 500.
app.get('/broken', () => {
  throw new Error('this route always fails')
})

// Without this handler Express would write the stack of each error to the log, and to the client.
app.use((_error, _request, response, _next) => {
  response.status(500).send('Something failed.\n')
})

// Only nginx reaches this port. HOST and PORT are what `bind` of promhive.yaml says.
app.listen(Number(process.env.PORT), process.env.HOST)
