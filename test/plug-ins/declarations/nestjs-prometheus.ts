import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common'
import {
  InjectMetric,
  makeCounterProvider,
  makeHistogramProvider,
  PrometheusController,
  PrometheusModule,
} from '@willsoto/nestjs-prometheus'
import { type Counter, type Histogram, Pushgateway, register } from 'prom-client'

@Injectable()
export class Shop {
  @InjectMetric('purchases_total') readonly purchases!: Counter<'item'>
  @InjectMetric('prices') readonly prices!: Histogram<string>
  @Inject(Pushgateway) readonly pushgateway!: Pushgateway<typeof register.contentType>

  async buy(): Promise<string> {
    this.purchases.inc({ item: 'book' })
    const end = this.prices.startTimer()
    await this.pushgateway.pushAdd({ jobName: 'shop', groupings: { zone: 'a' } })
    end()
    return register.metrics()
  }
}

@Controller('own')
class OwnMetrics extends PrometheusController {
  @Get('all')
  all(): Promise<string> {
    return register.metrics()
  }
}

@Module({
  imports: [
    PrometheusModule.register({ defaultMetrics: { enabled: true, config: { prefix: 'shop_', register } } }),
    PrometheusModule.registerAsync({
      controller: OwnMetrics,
      useFactory: () => ({
        pushgateway: { url: 'http://127.0.0.1:9091', options: { timeout: 1000 }, registry: register },
      }),
    }),
  ],
  providers: [
    Shop,
    makeCounterProvider({ name: 'purchases_total', help: 'Purchases.', labelNames: ['item'] }),
    makeHistogramProvider({ name: 'prices', help: 'Prices.', buckets: [1, 10] }),
  ],
})
export class Application {}
