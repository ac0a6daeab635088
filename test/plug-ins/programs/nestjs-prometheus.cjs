require('reflect-metadata')
const { Controller, Get, Inject, Module } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')
const { getToken, makeCounterProvider, PrometheusController, PrometheusModule } = require('@willsoto/nestjs-prometheus')
const { Pushgateway } = require('prom-client')
const { inWorkers } = require('./in-workers.cjs')

// Decorators as functions: the program is plain JavaScript.
class Shop {
  constructor(purchases, pushgateway) {
    this.purchases = purchases
    this.pushgateway = pushgateway
  }

  buy() {
    this.purchases.inc({ item: 'book' })
    return 'bought'
  }

  async push() {
    await this.pushgateway.pushAdd({ jobName: 'shop' })
    return 'pushed'
  }
}
for (const name of ['buy', 'push'])
  Get(name)(Shop.prototype, name, Object.getOwnPropertyDescriptor(Shop.prototype, name))
Inject(getToken('purchases_total'))(Shop, undefined, 0)
Inject(Pushgateway)(Shop, undefined, 1)
Controller()(Shop)

class OwnMetrics extends PrometheusController {}
Controller('own')(OwnMetrics)

const purchases = makeCounterProvider({ name: 'purchases_total', help: 'Purchases.', labelNames: ['item'] })
const sync = PrometheusModule.register({ path: '/metrics', defaultMetrics: { enabled: false } })
const async = PrometheusModule.registerAsync({
  controller: OwnMetrics,
  useFactory: () => ({ defaultLabels: { shop: 'nest' }, pushgateway: { url: process.env.PUSHGATEWAY_URL } }),
})

class Application {}
Module({ imports: [sync, async], controllers: [Shop], providers: [purchases] })(Application)

inWorkers(async (port) => {
  const application = await NestFactory.create(Application, { logger: ['error'] })
  await application.listen(port, '127.0.0.1')
})
