// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/campaign.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string_view>

#include "capture/conversation.h"
#include "simulator/random.h"
#include "simulator/simulation.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace lunway::simulator {
namespace {

/// A run that takes longer than this hangs.
constexpr unsigned kLongestRunSeconds = 60;

// What a dying process has to say, ready before it dies.
char last_words[200];
std::size_t last_words_size = 0;

void say_last_words() { [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, last_words, last_words_size); }

extern "C" void on_fatal_signal(int number) {
  say_last_words();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void watch_over(std::uint64_t seed) {
  const int size = std::snprintf(last_words, sizeof last_words,
                                 "seed %llu: the process died\nrepeat: lunway-sim --seed %llu --trace run.pcapng\n",
                                 static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
  last_words_size = static_cast<std::size_t>(size);
  ::alarm(kLongestRunSeconds);
}

void catch_deaths() {
  std::signal(SIGABRT, on_fatal_signal);
  std::signal(SIGALRM, on_fatal_signal);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(say_last_words);
#else
  std::signal(SIGSEGV, on_fatal_signal);
#endif
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  std::uint64_t events = 0;
  std::uint64_t connections = 0;
  Marks marks;

  void add(const RunResult& result) {
    ++runs;
    failures += result.complaint ? 1U : 0U;
    events += result.events;
    connections += result.connections;
    for (const auto& [name, count] : result.marks) marks[name] += count;
  }
};

void run_one(std::uint64_t seed, Tally& tally, const std::string& trace_path) {
  watch_over(seed);
  capture::PcapngFile file;
  const RunResult result = run(seed, trace_path.empty() ? nullptr : &file);
  tally.add(result);
  if (!trace_path.empty() && !capture::write_file(file, trace_path))
    std::fprintf(stderr, "cannot write %s\n", trace_path.c_str());
  if (!result.complaint) return;
  const auto number = static_cast<unsigned long long>(seed);
  std::fprintf(stderr, "seed %llu: %s\nrepeat: lunway-sim --seed %llu --trace run.pcapng\n", number,
               result.complaint->c_str(), number);
}

/// Every job's share of the seeds.
Tally work(const Campaign& campaign, std::uint64_t job) {
  Tally tally;
  for (std::size_t i = job; i < campaign.seeds.size() && tally.failures < campaign.most_failures; i += campaign.jobs) {
    run_one(campaign.seeds[i], tally, campaign.trace_path);
  }
  const std::time_t end = std::time(nullptr) + static_cast<std::time_t>(campaign.minutes * 60);
  Random endless(campaign.endless_seed + job);
  while (std::time(nullptr) < end && tally.failures < campaign.most_failures) run_one(endless.next(), tally, {});
  ::alarm(0);
  return tally;
}

std::string to_text(const Tally& tally) {
  std::ostringstream text;
  text << tally.runs << ' ' << tally.failures << ' ' << tally.events << ' ' << tally.connections << '\n';
  for (const auto& [name, count] : tally.marks) text << count << ' ' << name << '\n';
  return text.str();
}

void add_text(const std::string& text, Tally& tally) {
  std::istringstream lines(text);
  Tally one;
  lines >> one.runs >> one.failures >> one.events >> one.connections;
  tally.runs += one.runs;
  tally.failures += one.failures;
  tally.events += one.events;
  tally.connections += one.connections;
  std::uint64_t count = 0;
  for (std::string name; lines >> count && std::getline(lines >> std::ws, name);) tally.marks[name] += count;
}

struct Job {
  pid_t process = -1;
  int output = -1;
};

Job start_job(const Campaign& campaign, std::uint64_t number) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) std::abort();
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(pipe_ends[0]);
    catch_deaths();
    const std::string text = to_text(work(campaign, number));
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = ::write(pipe_ends[1], text.data() + done, text.size() - done);
      if (count <= 0) std::_Exit(1);
      done += static_cast<std::size_t>(count);
    }
    std::_Exit(0);
  }
  ::close(pipe_ends[1]);
  return {process, pipe_ends[0]};
}

void end_job(const Job& job, Tally& tally) {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(job.output, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(job.output);
  int status = 0;
  ::waitpid(job.process, &status, 0);
  add_text(text, tally);
  if (status != 0) ++tally.failures;
}

}  // namespace

int conduct(const Campaign& campaign) {
  Tally tally;
  if (campaign.jobs == 1) {
    catch_deaths();
    tally = work(campaign, 0);
  } else {
    std::vector<Job> jobs;
    jobs.reserve(campaign.jobs);
    for (std::uint64_t i = 0; i < campaign.jobs; ++i) jobs.push_back(start_job(campaign, i));
    for (const Job& job : jobs) end_job(job, tally);
  }
  if (campaign.prints_marks) {
    for (const auto& [name, count] : tally.marks) {
      std::printf("%10llu  %s\n", static_cast<unsigned long long>(count), name.c_str());
    }
  }
  std::printf("%llu runs, %llu connections, %llu events, %llu failed\n", static_cast<unsigned long long>(tally.runs),
              static_cast<unsigned long long>(tally.connections), static_cast<unsigned long long>(tally.events),
              static_cast<unsigned long long>(tally.failures));
  return tally.failures == 0 ? 0 : 1;
}

}  // namespace lunway::simulator
