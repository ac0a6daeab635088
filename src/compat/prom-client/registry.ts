import { Registry as PromhiveRegistry } from '../../registry/registry.js'
import type { PrometheusContentType, RegistryContentType } from './types.js'

export class Registry<Type extends RegistryContentType = PrometheusContentType> extends PromhiveRegistry {
  declare readonly type: Type
}
