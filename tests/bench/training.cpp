// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// A training run as rerun.py measures it: a small network, fresh vectors in
/// every step, a vocabulary in a hash map, a look at the clock in every epoch.
///
/// usage: training EPOCHS [trace]
#include "reproaudit/trace/trace.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using Vector = std::vector<float>;

class Network {
public:
  Network(std::size_t inputs, std::size_t hidden)
      : hidden_(hidden), first_(inputs * hidden), second_(hidden) {
    for (float &weight : first_)
      weight = distribution_(engine_);
    for (float &weight : second_)
      weight = distribution_(engine_);
  }

  float train(const Vector &input, float wanted) {
    Vector activations(hidden_), gradients(hidden_);
    float output = 0;
    for (std::size_t h = 0; h < hidden_; ++h) {
      float sum = 0;
      for (std::size_t i = 0; i < input.size(); ++i)
        sum += first_[h * input.size() + i] * input[i];
      activations[h] = std::tanh(sum);
      output += second_[h] * activations[h];
    }
    const float error = output - wanted;
    for (std::size_t h = 0; h < hidden_; ++h) {
      gradients[h] = error * second_[h] * (1 - activations[h] * activations[h]);
      second_[h] -= kRate * error * activations[h];
      for (std::size_t i = 0; i < input.size(); ++i)
        first_[h * input.size() + i] -= kRate * gradients[h] * input[i];
    }
    return error * error;
  }

private:
  static constexpr float kRate = 0.01F;
  std::mt19937 engine_{7};
  std::normal_distribution<float> distribution_{0, 0.1F};
  std::size_t hidden_;
  Vector first_, second_;
};

/// Nanoseconds that a trace costs where nobody listens.
void measureTrace() {
  constexpr int kTimes = 200'000'000;
  float value = 1;
  for (const bool traced : {false, true, false, true}) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) {
      asm volatile("" : "+m"(value));
      if (traced)
        REPROAUDIT_TRACE("value", &value, 1);
    }
    const std::chrono::duration<double, std::nano> time =
        std::chrono::steady_clock::now() - start;
    std::printf("%s %.3f ns\n", traced ? "traced  " : "untraced",
                time.count() / kTimes);
  }
}

}  // namespace

int main(int count, char **arguments) {
  if (count > 2 && std::strcmp(arguments[2], "trace") == 0) {
    measureTrace();
    return 0;
  }
  const int epochs = count > 1 ? std::atoi(arguments[1]) : 10;
  constexpr std::size_t kInputs = 64, kSamples = 200;
  std::unordered_map<std::string, std::size_t> vocabulary;
  for (std::size_t i = 0; i < kInputs; ++i)
    vocabulary["word" + std::to_string(i * 31)] = i;
  Network network(kInputs, 64);
  double loss = 0;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    loss = 0;
    for (std::size_t sample = 0; sample < kSamples; ++sample) {
      Vector input(kInputs);
      for (std::size_t i = 0; i < 8; ++i)
        input[vocabulary.at("word" +
                            std::to_string((sample + i * 7) % kInputs * 31))] =
            1;
      loss += network.train(input, sample % 2 == 0 ? 1.0F : -1.0F);
    }
    REPROAUDIT_TRACE("loss", &loss, 1);
    if (std::chrono::steady_clock::now() < start)
      return 1;
  }
  std::printf("%.9g\n", loss);
}
