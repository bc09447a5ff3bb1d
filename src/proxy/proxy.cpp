// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/proxy.h"

#include <unistd.h>

#include <utility>

namespace lunway::proxy {
namespace {

text::TargetAddress as_text(const runtime::Address& address) {
  return {.host = address.host(), .port = address.port(), .portal_group_tag = std::nullopt};
}

}  // namespace

Result<std::unique_ptr<Proxy>> Proxy::start(runtime::Loop& loop, Watcher& watcher, Options options) {
  std::unique_ptr<Proxy> proxy(new Proxy(loop, watcher, std::move(options)));
  auto listener = runtime::Listener::open(loop.ring(), loop.timers(), proxy->options_.listen, *proxy);
  if (!listener) return std::unexpected(listener.error());
  proxy->listener_ = std::move(*listener);
  proxy->listener_->start();
  return proxy;
}

Proxy::Proxy(runtime::Loop& loop, Watcher& watcher, Options options)
    : loop_(loop),
      watcher_(watcher),
      options_(std::move(options)),
      rules_(options_.rules),
      shared_{.loop = loop,
              .rules = rules_,
              .watcher = watcher,
              .owner = *this,
              .target = options_.target,
              .cut_every = options_.cut_every} {
  for (const runtime::Address& address : options_.target) options_.target_names.push_back(as_text(address));
}

void Proxy::stop() {
  listener_->close();
  for (const auto& [number, relay] : relays_) relay->close("the proxy stops");
}

void Proxy::on_accepted(runtime::Listener& /*listener*/, int socket) {
  const std::uint64_t number = ++accepted_;
  if (relays_.size() >= kMaxConnections) {
    ::close(socket);
    watcher_.on_closed(loop_.now(), number, "too many connections");
    return;
  }
  const auto [at, is_new] = relays_.emplace(number, std::make_unique<Relay>(shared_, socket, setup_for(socket)));
  at->second->start();
}

Exchange::Setup Proxy::setup_for(int socket) {
  const Result<runtime::Address> here = runtime::Address::local_of(socket);
  return {.number = accepted_,
          .seed = options_.seed,
          .begun = loop_.now(),
          .addresses = {.policy = options_.addresses,
                        .target = options_.target_names,
                        .proxy = as_text(here ? *here : listener_->address())}};
}

void Proxy::on_relay_ended(Relay& relay) {
  relays_.erase(relay.number());
  settle();
}

void Proxy::on_listener_closed(runtime::Listener& /*listener*/) {
  listening_ = false;
  settle();
}

void Proxy::settle() {
  if (!listening_ && relays_.empty()) watcher_.on_stopped();
}

}  // namespace lunway::proxy
