import { type Notice, notice } from '@backstep/core'

export const incident = (report: { readonly id: string }): Notice => notice('report.incident', report)
export const actionItem = (item: { readonly title: string }): Notice => notice('report.action-item', item)
export const handOver = (item: { readonly to: string; readonly what: string }): Notice => notice('report.hand-over', item)
