/* lwIP without an operating system: IPv4, TCP, TLS through mbedTLS, MQTT. */
#ifndef GANGLION_LWIPOPTS_H
#define GANGLION_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* all of lwIP runs in thread mode */
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_TCP 1
#define LWIP_ICMP 1
#define LWIP_ARP 1
#define LWIP_DHCP 0 /* addresses come with the board; the emulator's network always gives the same ones */
#define LWIP_NETIF_LINK_CALLBACK 0
#define LWIP_NETIF_TX_SINGLE_PBUF 1
#define LWIP_SINGLE_NETIF 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0

#define LWIP_ALTCP 1
#define LWIP_ALTCP_TLS 1
#define LWIP_ALTCP_TLS_MBEDTLS 1

/* One heap for lwIP and, through its glue, mbedTLS. */
#define MEM_ALIGNMENT 8
#define MEM_SIZE (48 * 1024)
#define MEMP_NUM_TCP_PCB 6
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 24
#define MEMP_NUM_PBUF 12
#define MEMP_NUM_ALTCP_PCB 8
#define PBUF_POOL_SIZE 12
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2) /* the MQTT client has one of its own */

/* Small on purpose: the emulated controller drops what does not fit its 10.5 kB of memory. */
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define TCP_QUEUE_OOSEQ 0
#define TCP_MAXRTX 6
#define TCP_SYNMAXRTX 3

#define MQTT_OUTPUT_RINGBUF_SIZE 4096
#define MQTT_VAR_HEADER_BUFFER_LEN 256
#define MQTT_REQ_MAX_IN_FLIGHT 8
#define MQTT_REQ_TIMEOUT 15
#define MQTT_CONNECT_TIMOUT 15

#define LWIP_STATS 1
#define MEM_STATS 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define ICMP_STATS 0
#define TCP_STATS 0
#define MEMP_STATS 0
#define SYS_STATS 0
#define LWIP_STATS_LARGE 1

#include "firmware/network/lwip_port.h"
#define LWIP_RAND() ganglion_random()

#endif
