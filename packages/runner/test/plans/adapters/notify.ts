import { type Notice, notice } from '@backstep/core'

export const slack = (message: { readonly channel: string; readonly template: string }): Notice => notice('notify.slack', message)
export const statusPage = (message: { readonly page: string; readonly state: 'identified' | 'resolved' }): Notice =>
  notice('notify.status-page', message)
export const pagerDuty = (message: { readonly service: string; readonly action: 'trigger' | 'resolve' }): Notice =>
  notice('notify.pager-duty', message)
export const email = (message: { readonly to: string; readonly template: string }): Notice => notice('notify.email', message)
